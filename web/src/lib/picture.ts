// Boxes for pictures, known before a byte of them is loaded.

import { number_format } from './intl';

export interface Box {
  width: number;
  height: number;
}

const MOST: Box = { width: 420, height: 340 };
const LEAST_PX = 96;

/** The size a picture of these dimensions is shown at: never larger than it is, never so narrow that it cannot be pressed. */
export function box_of(width: number, height: number, most: Box = MOST): Box {
  const w = Math.max(1, width);
  const h = Math.max(1, height);
  const scale = Math.min(1, most.width / w, most.height / h);
  return {
    width: Math.round(Math.min(most.width, Math.max(LEAST_PX, w * scale))),
    height: Math.round(Math.min(most.height, Math.max(LEAST_PX, h * scale))),
  };
}

const UNITS = ['KB', 'MB', 'GB', 'TB'] as const;

/** 999 B, 1.2 KB, 34 MB: in steps of 1024, with the decimals of the language. */
export function size_text(bytes: number, language: string): string {
  let n = bytes;
  let unit = 'B';
  for (const next of UNITS) {
    if (n < 1000) break;
    n /= 1024;
    unit = next;
  }
  const digits = unit === 'B' || n >= 100 ? 0 : 1;
  return `${number_format(language, { maximumFractionDigits: digits }).format(n)} ${unit}`;
}

/** Seconds as a person says them: seconds, minutes, hours; rounded up. */
export function left_text(seconds: number, language: string, t: (key: 'left_s' | 'left_min' | 'left_h', params: { n: string }) => string): string {
  const say = (n: number): { n: string } => ({ n: number_format(language).format(n) });
  if (seconds < 90) return t('left_s', say(Math.max(1, seconds)));
  if (seconds < 5400) return t('left_min', say(Math.ceil(seconds / 60)));
  return t('left_h', say(Math.ceil(seconds / 3600)));
}
