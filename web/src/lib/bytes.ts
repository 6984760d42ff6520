// Sizes for people.

import { number_format } from './intl';

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(n: number, lang: string): string {
  let at = 0;
  let value = n;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  const text = number_format(lang, { maximumFractionDigits: value < 10 && at > 0 ? 1 : 0 }).format(value);
  return `${text} ${units[at]}`;
}
