// Calls for attention: a notification of the browser, a sound, when somebody wrote and nobody looks at that room.

import type { Chat } from './chat.svelte';
import { level_of } from './counts';
import { t } from './i18n.svelte';
import { room_name } from './names';
import { called } from './people.svelte';
import { keep, kept } from './prefs.svelte';
import type { RoomState } from './room_state.svelte';
import { go } from './route.svelte';
import type { Message } from './types';

export interface NotifyPrefs {
  desktop: boolean;
  sound: boolean;
  preview: boolean;
}

const PREVIEW_POINTS = 120;
const OLD_MS = 60_000;

function remembered(): NotifyPrefs {
  try {
    const found = JSON.parse(kept('notify') ?? '{}') as Partial<NotifyPrefs>;
    return { desktop: found.desktop === true, sound: found.sound === true, preview: found.preview !== false };
  } catch {
    return { desktop: false, sound: false, preview: true };
  }
}

let prefs = $state.raw<NotifyPrefs>(remembered());

export const notify_prefs = (): NotifyPrefs => prefs;

export function set_notify_prefs(next: NotifyPrefs): void {
  prefs = next;
  keep('notify', JSON.stringify(next));
}

/** Whether this message is worth an interruption. Pure, so that it can be tested. */
export function calls(chat: Pick<Chat, 'account' | 'my_status' | 'room' | 'presence'>, room: RoomState, message: Message, looking: boolean, now = Date.now()): boolean {
  if (message.author.id === chat.account.id && !message.webhook) return false;
  if (looking || chat.my_status === 'dnd' || message.deleted) return false;
  if (now - Date.parse(message.created_at) > OLD_MS) return false;
  if (chat.presence.blocked.has(message.author.id)) return false;
  const level = level_of(chat, room, now);
  if (level === 'none') return false;
  return level === 'all' || message.mentions_everyone || (message.mentions ?? []).includes(chat.account.id);
}

export function attend(chat: Chat, room: RoomState, message: Message): void {
  const looking = document.hasFocus() && document.visibilityState === 'visible' && chat.open_room === room;
  if (!calls(chat, room, message, looking)) return;
  if (prefs.sound) knock();
  if (prefs.desktop && !(document.hasFocus() && chat.open_room === room)) tell(room, message);
}

function tell(room: RoomState, message: Message): void {
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const who = message.webhook?.name ?? called(message.author);
  const title = room.info.kind === 'direct' ? who : `${who} · ${room_name(room.info)}`;
  const text = message.text || t('file_sent');
  show(title, prefs.preview ? Array.from(text).slice(0, PREVIEW_POINTS).join('') : t('new_message'), `r${room.id}`, () => go(room.id));
}

/** Something else than a message is worth an interruption. `place`: where a press leads. */
export function call_for(chat: Pick<Chat, 'my_status'>, title: string, body: string, place: string): void {
  if (chat.my_status === 'dnd') return;
  if (prefs.sound) knock();
  const looking = document.hasFocus() && document.visibilityState === 'visible';
  if (prefs.desktop && !looking && 'Notification' in window && Notification.permission === 'granted') show(title, prefs.preview ? body : '', place, () => (location.hash = '#' + place));
}

function show(title: string, body: string, tag: string, on_click: () => void): void {
  const options = { body, tag, icon: '/icon-192.png', badge: '/badge.png', silent: true };
  try {
    const shown = new Notification(title, options);
    shown.onclick = () => {
      window.focus();
      on_click();
      shown.close();
    };
  } catch {
    // On phones only the service worker may.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, { ...options, data: { hash: '#' + tag } }));
  }
}

export const try_notification = (): void => show('suhbat', t('notify_works'), 'try', () => {});

let sound: AudioContext | null = null;

/** Two short soft tones, made here: no file is needed. */
function knock(): void {
  try {
    sound ??= new AudioContext();
    const at = sound.currentTime;
    for (const [delay, pitch] of [[0, 660], [0.11, 880]]) {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at + delay);
      volume.gain.exponentialRampToValueAtTime(0.12, at + delay + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + delay + 0.16);
      tone.connect(volume).connect(sound.destination);
      tone.start(at + delay);
      tone.stop(at + delay + 0.18);
    }
  } catch {
    // No sound on this device, or not before the first press.
  }
}
