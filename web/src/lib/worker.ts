// Starts the service worker, and goes where a pressed notification wants to.

export function start_worker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/sw.js').catch(() => {});
  navigator.serviceWorker.addEventListener('message', (e: MessageEvent<{ go?: string }>) => {
    if (typeof e.data?.go === 'string' && /^#r\d+$/.test(e.data.go)) location.hash = e.data.go;
  });
}
