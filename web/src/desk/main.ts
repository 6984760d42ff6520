// One script line puts the desk on a page: `<script src="https://chat.example/desk.js" async></script>`. Says who, in which language and
// colour by the attributes of the element; by script through window.suhbatDesk.

import { mount } from 'svelte';
import Desk from './Desk.svelte';
import { make_place } from './look';
import { read_settings } from './settings';
import { make_shelf } from './shelf';
import { Talk, type Who } from './talk.svelte';

interface Api {
  open(): void;
  close(): void;
  identify(who: { user: string; name?: string; signature?: string }): Promise<void>;
}

declare global {
  interface Window {
    suhbatDesk?: Api;
  }
}

function put(script: HTMLScriptElement): void {
  const settings = read_settings(script.src, script.dataset, document.documentElement.lang, navigator.languages ?? []);
  const { host, root } = make_place(settings);
  const shelf = make_shelf(() => localStorage, `suhbat-desk:${settings.server}:`);
  let desk: { show(on: boolean): void; heard(): void } | undefined;
  const talk = new Talk(settings.server, shelf, { on_message: () => desk?.heard() });
  desk = mount(Desk, { target: root, props: { settings, talk, shelf } }) as unknown as typeof desk;
  document.body.append(host);
  const identify = (who: Who): Promise<void> => talk.identify(who);
  void identify({ user: settings.user, name: settings.name, signature: settings.signature });
  window.suhbatDesk = {
    open: () => desk?.show(true),
    close: () => desk?.show(false),
    identify: ({ user, name = '', signature = '' }) => identify({ user: String(user), name, signature }),
  };
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement && !window.suhbatDesk) {
  if (document.body) put(script);
  else addEventListener('DOMContentLoaded', () => put(script));
}
