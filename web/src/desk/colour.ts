// The shop's colour, made readable: what stands on it is black or white, and as a colour of text it is moved towards the ink until it can
// be read on the pane (WCAG: 4.5 to 1).

export type Rgb = [number, number, number];

export function parse_colour(text: string): Rgb | null {
  const short = /^#([\da-f])([\da-f])([\da-f])$/i.exec(text);
  const hex = short ? '#' + short.slice(1).map((c) => c + c).join('') : text;
  const found = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex);
  return found ? [parseInt(found[1], 16), parseInt(found[2], 16), parseInt(found[3], 16)] : null;
}

function light([r, g, b]: Rgb): number {
  const line = (c: number): number => (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
}

export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [light(a), light(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const hex = (c: Rgb): string => '#' + c.map((n) => Math.round(n).toString(16).padStart(2, '0')).join('');
const mix = (a: Rgb, b: Rgb, part: number): Rgb => [0, 1, 2].map((i) => a[i] + (b[i] - a[i]) * part) as Rgb;

function readable(colour: Rgb, ground: Rgb, ink: Rgb): Rgb {
  for (let part = 0; part < 1; part += 0.1) {
    const tried = mix(colour, ink, part);
    if (contrast(tried, ground) >= 4.6) return tried;
  }
  return ink;
}

const white: Rgb = [255, 255, 255];
const black: Rgb = [12, 18, 16];
/** Of the panes in desk.css: the darker of the two grounds text stands on when it is light, the lighter one when it is dark. */
const light_ground: Rgb = [238, 242, 239];
const dark_ground: Rgb = [36, 47, 43];

/** The custom properties for a colour; none when it is not a colour we can read. */
export function colours(text: string): Record<string, string> {
  const own = parse_colour(text);
  if (!own) return {};
  return {
    '--own': hex(own),
    '--on-own': hex(contrast(own, white) >= contrast(own, black) ? white : black),
    '--own-ink-light': hex(readable(own, light_ground, black)),
    '--own-ink-dark': hex(readable(own, dark_ground, white)),
  };
}
