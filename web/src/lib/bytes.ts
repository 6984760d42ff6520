// Sizes for people.

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(n: number, lang: string): string {
  let at = 0;
  let value = n;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  const text = new Intl.NumberFormat(lang, { maximumFractionDigits: value < 10 && at > 0 ? 1 : 0 }).format(value);
  return `${text} ${units[at]}`;
}
