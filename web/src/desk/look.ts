// The widget's place on the page: an element with a shadow root of its own. The style sheet is a constructed one, so that a strict content
// policy of the page has nothing against it; colours are set through the CSSOM for the same reason.

import { colours } from './colour';
import css from './desk.css?inline';
import type { Settings } from './settings';

export function make_place(settings: Settings): { host: HTMLElement; root: ShadowRoot } {
  const host = document.createElement('div');
  host.id = 'suhbat-desk';
  host.lang = settings.language;
  if (settings.left) host.dataset.left = '';
  if (settings.theme !== 'auto') host.dataset.theme = settings.theme;
  const root = host.attachShadow({ mode: 'open' });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = css;
    root.append(style);
  }
  for (const [name, value] of Object.entries(colours(settings.colour))) host.style.setProperty(name, value);
  return { host, root };
}
