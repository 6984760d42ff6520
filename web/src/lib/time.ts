// Times for people, in the language of the page, the clock and the time zone they chose. Browsers know Uzbek numbers but mostly
// not its months, so those are ours.

import { to_cyrillic } from './cyrillic';
import { date_format } from './intl';

const uz_months = ['yanvar', 'fevral', 'mart', 'aprel', 'may', 'iyun', 'iyul', 'avgust', 'sentabr', 'oktabr', 'noyabr', 'dekabr'];

let zone: string | undefined;
let clock: '24' | '12' = '24';

/** Called when the reader chose; an empty zone is that of the device. Pages that show times read them anew. */
export function set_time_form(new_clock: '24' | '12', new_zone: string): void {
  clock = new_clock;
  zone = new_zone || undefined;
}

interface Parts {
  year: number;
  month: number;
  day: number;
}

function parts_of(date: Date): Parts {
  if (!zone) return { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() };
  const form = date_format('en-US', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const found = Object.fromEntries(form.formatToParts(date).map((p) => [p.type, Number(p.value)]));
  return { year: found.year, month: found.month, day: found.day };
}

const day_of = (date: Date): string => {
  const p = parts_of(date);
  return `${p.year}-${p.month}-${p.day}`;
};

function date_text(date: Date, lang: string, form: 'long' | 'short', with_year: boolean): string {
  if (lang === 'uz' || lang === 'uz-Cyrl') {
    const p = parts_of(date);
    const month = uz_months[p.month - 1];
    const short = `${p.day}-${form === 'long' ? month : month.slice(0, 3)}`;
    const text = with_year ? `${p.year}-yil ${short}` : short;
    return lang === 'uz' ? text : to_cyrillic(text);
  }
  return date_format(lang, { day: 'numeric', month: form, year: with_year ? 'numeric' : undefined, timeZone: zone }).format(date);
}

const is_this_year = (date: Date, now: Date): boolean => parts_of(date).year === parts_of(now).year;

const two = (n: number): string => String(n).padStart(2, '0');

/** In the zone of the device a clock needs no formatter: the first one a browser makes costs more than a screen of messages. */
function plain_hour(date: Date, twelve: boolean): string {
  const h = date.getHours();
  const minutes = two(date.getMinutes());
  return twelve ? `${h % 12 || 12}:${minutes} ${h < 12 ? 'AM' : 'PM'}` : `${two(h)}:${minutes}`;
}

/** Twelve hours are written the English way in every language: the others have no custom for it. */
export function hour(iso: string, lang: string): string {
  const twelve = clock === '12';
  const date = new Date(iso);
  if (!zone) return plain_hour(date, twelve);
  const tag = twelve ? 'en' : lang;
  return date_format(tag, { hour: twelve ? 'numeric' : '2-digit', minute: '2-digit', hourCycle: twelve ? 'h12' : 'h23', timeZone: zone }).format(date);
}

export const same_day = (a: string, b: string): boolean => day_of(new Date(a)) === day_of(new Date(b));

export function day(iso: string, lang: string, words: { today: string; yesterday: string }, now = new Date()): string {
  const date = new Date(iso);
  if (day_of(date) === day_of(now)) return words.today;
  if (day_of(date) === day_of(new Date(now.getTime() - 86_400_000))) return words.yesterday;
  return date_text(date, lang, 'long', !is_this_year(date, now));
}

/** Short, for the list of chats: the hour today, else the date. */
export function brief(iso: string, lang: string, now = new Date()): string {
  const date = new Date(iso);
  if (day_of(date) === day_of(now)) return hour(iso, lang);
  if (is_this_year(date, now)) return date_text(date, lang, 'short', false);
  const p = parts_of(date);
  return [p.day, p.month, p.year % 100].map(two).join('.');
}

/** Date and hour; the year only when it is another one. */
export function moment(iso: string, lang: string, now = new Date()): string {
  const date = new Date(iso);
  return `${date_text(date, lang, 'long', !is_this_year(date, now))}, ${hour(iso, lang)}`;
}
