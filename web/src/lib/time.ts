// Times for people, in the language of the page.

export const hour = (iso: string, lang: string): string =>
  new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));

export const same_day = (a: string, b: string): boolean => new Date(a).toDateString() === new Date(b).toDateString();

export function day(iso: string, lang: string, words: { today: string; yesterday: string }, now = new Date()): string {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return words.today;
  const before = new Date(now);
  before.setDate(now.getDate() - 1);
  if (date.toDateString() === before.toDateString()) return words.yesterday;
  const year = date.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'long', year }).format(date);
}

/** Short, for the list of chats: the hour today, else the date. */
export function brief(iso: string, lang: string, now = new Date()): string {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return hour(iso, lang);
  const year = date.getFullYear() === now.getFullYear() ? undefined : '2-digit';
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: year ? '2-digit' : 'short', year }).format(date);
}

export const whole = (iso: string, lang: string): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso));
