// Times for people, in the language of the page. Browsers know Uzbek numbers but mostly not its months, so those are ours.

const uz_months = ['yanvar', 'fevral', 'mart', 'aprel', 'may', 'iyun', 'iyul', 'avgust', 'sentabr', 'oktabr', 'noyabr', 'dekabr'];

function date_text(date: Date, lang: string, form: 'long' | 'short', with_year: boolean): string {
  if (lang === 'uz') {
    const month = uz_months[date.getMonth()];
    const text = `${date.getDate()}-${form === 'long' ? month : month.slice(0, 3)}`;
    return with_year ? `${date.getFullYear()}-yil ${text}` : text;
  }
  return new Intl.DateTimeFormat(lang, { day: 'numeric', month: form, year: with_year ? 'numeric' : undefined }).format(date);
}

const is_this_year = (date: Date, now: Date): boolean => date.getFullYear() === now.getFullYear();

export const hour = (iso: string, lang: string): string =>
  new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(iso));

export const same_day = (a: string, b: string): boolean => new Date(a).toDateString() === new Date(b).toDateString();

export function day(iso: string, lang: string, words: { today: string; yesterday: string }, now = new Date()): string {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return words.today;
  const before = new Date(now);
  before.setDate(now.getDate() - 1);
  if (date.toDateString() === before.toDateString()) return words.yesterday;
  return date_text(date, lang, 'long', !is_this_year(date, now));
}

/** Short, for the list of chats: the hour today, else the date. */
export function brief(iso: string, lang: string, now = new Date()): string {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return hour(iso, lang);
  if (is_this_year(date, now)) return date_text(date, lang, 'short', false);
  return [date.getDate(), date.getMonth() + 1, date.getFullYear() % 100].map((n) => String(n).padStart(2, '0')).join('.');
}

/** Date and hour; the year only when it is another one. */
export function moment(iso: string, lang: string, now = new Date()): string {
  const date = new Date(iso);
  return `${date_text(date, lang, 'long', !is_this_year(date, now))}, ${hour(iso, lang)}`;
}
