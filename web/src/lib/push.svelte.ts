// Web Push: the browser's own service brings a word of new messages when no page is open. The server sends it there by itself.

import type { Api } from './api';

export type PushState = 'impossible' | 'refused' | 'off' | 'on';

async function manager(): Promise<PushManager | null> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) return null;
  const worker = await navigator.serviceWorker.getRegistration();
  return worker?.pushManager ?? null;
}

export async function push_state(): Promise<PushState> {
  const push = await manager();
  if (!push) return 'impossible';
  if (Notification.permission === 'denied') return 'refused';
  return (await push.getSubscription()) ? 'on' : 'off';
}

function key_bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export async function push_on(api: Api): Promise<void> {
  const push = await manager();
  if (!push || (await Notification.requestPermission()) !== 'granted') return;
  const { key } = await api.get<{ key: string }>('/push/key');
  const subscription = (await push.getSubscription()) ?? (await push.subscribe({ userVisibleOnly: true, applicationServerKey: key_bytes(key) }));
  const { endpoint, keys } = subscription.toJSON();
  await api.post('/push/subscriptions', { endpoint, keys: { p256dh: keys?.p256dh, auth: keys?.auth } });
}

export async function push_off(api: Api): Promise<void> {
  const subscription = await (await manager())?.getSubscription();
  if (!subscription) return;
  const { subscriptions } = await api.get<{ subscriptions: { id: number; current: boolean }[] }>('/push/subscriptions');
  for (const s of subscriptions) if (s.current) await api.call('DELETE', `/push/subscriptions/${s.id}`);
  await subscription.unsubscribe();
}
