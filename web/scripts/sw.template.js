// The service worker: the page opens without a network, and calls for attention arrive when no page is open. It keeps the files of
// the page (those of this build and of the one before, for pages still open) and the faces of people; never an answer of the interface.
const version = '__VERSION__';
const files = __FILES__;
const shell = 'page-' + version;
const faces = 'faces';
const FACES_MAX = 400;
const PATIENCE_MS = 4000;

self.addEventListener('install', (e) => {
  e.waitUntil(caches.open(shell).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (e) => {
  e.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith('page-') && name !== shell);
      for (const name of old.slice(0, -1)) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

async function page(request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request.url, { signal: patience.signal, credentials: 'same-origin', redirect: 'manual' });
    if (answer.ok) return answer;
  } catch {
    // Then what we have.
  } finally {
    clearTimeout(timer);
  }
  return (await caches.match('/', { cacheName: shell })) ?? Response.error();
}

async function asset(request) {
  return (await caches.match(request)) ?? fetch(request);
}

async function face(request) {
  const cache = await caches.open(faces);
  const have = await cache.match(request);
  if (have) return have;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(request, answer.clone());
    const keys = await cache.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - FACES_MAX))) await cache.delete(key);
  }
  return answer;
}

self.addEventListener('fetch', (e) => {
  const { request } = e;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === '/') e.respondWith(page(request));
  } else if (url.pathname.startsWith('/assets/') || files.includes(url.pathname)) e.respondWith(asset(request));
  else if (url.pathname.startsWith('/api/v1/avatars/')) e.respondWith(face(request));
});

self.addEventListener('message', (e) => {
  if (e.data === 'forget') e.waitUntil(caches.delete(faces));
});

self.addEventListener('push', (e) => {
  e.waitUntil(
    (async () => {
      let told = {};
      try {
        told = e.data?.json() ?? {};
      } catch {
        told = { text: e.data?.text() };
      }
      const open = await self.clients.matchAll({ type: 'window' });
      if (open.some((c) => c.focused)) return;
      const room = told.room ?? null;
      const who = told.by?.name ?? told.by?.username ?? '';
      const name = told.kind === 'direct' ? '' : (told.room_name ?? '');
      const files = told.n_files > 0 ? '📎 ' + told.n_files : '';
      await self.registration.showNotification([who, name].filter(Boolean).join(' · ') || 'suhbat', {
        body: told.text || files,
        tag: room === null ? 'suhbat' : 'r' + room,
        renotify: true,
        icon: '/icon-192.png',
        badge: '/badge.png',
        data: { hash: room === null ? '' : '#r' + room },
      });
    })(),
  );
});

self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  const hash = e.notification.data?.hash ?? '';
  e.waitUntil(
    (async () => {
      const [open] = await self.clients.matchAll({ type: 'window' });
      if (!open) return self.clients.openWindow('/' + hash);
      open.postMessage({ go: hash });
      return open.focus();
    })(),
  );
});
