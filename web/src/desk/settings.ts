// What the shop's page says about the desk: the attributes of the script element. Read once, while the script runs.

import { choose, type Tongue } from './words';

export interface Settings {
  /** Origin of the server that gave the script. */
  server: string;
  user: string;
  name: string;
  signature: string;
  language: Tongue;
  colour: string;
  left: boolean;
  theme: 'auto' | 'light' | 'dark';
  title: string;
  greeting: string;
}

export type Attributes = Record<string, string | undefined>;

export function read_settings(src: string, data: Attributes, page_language: string, browser_languages: readonly string[]): Settings {
  const theme = data.theme === 'light' || data.theme === 'dark' ? data.theme : 'auto';
  return {
    server: new URL(src).origin,
    user: data.user ?? '',
    name: data.userName ?? '',
    signature: data.userSignature ?? '',
    language: choose([data.language ?? '', page_language, ...browser_languages]),
    colour: data.color ?? '',
    left: data.position === 'left',
    theme,
    title: data.title ?? '',
    greeting: data.greeting ?? '',
  };
}
