import { mount } from 'svelte';
import './app.css';
import { app } from './lib/app.svelte';
import { load_prefs } from './lib/prefs.svelte';
import { start_worker } from './lib/worker';
import App from './ui/App.svelte';

await load_prefs();
mount(App, { target: document.getElementById('app') as HTMLElement });
void app.start();
start_worker();
