// One short notice at the foot of the page; the newest wins.

let current = $state.raw<{ text: string } | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export const toast = (): { text: string } | null => current;

export function say(text: string): void {
  clearTimeout(timer);
  current = { text };
  timer = setTimeout(() => (current = null), 6_000);
}

export function hush(): void {
  clearTimeout(timer);
  current = null;
}
