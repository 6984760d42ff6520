import { mount } from 'svelte';
import './app.css';
import { app } from './lib/app.svelte';
import { load_prefs } from './lib/prefs.svelte';
import { leave_old_address } from './lib/route.svelte';
import { start_worker } from './lib/worker';
import App from './ui/App.svelte';
import { load_shell } from './ui/shell';

leave_old_address();

// The words, the panes of the conversation and the question who is here are on their way at the same time.
const words = load_prefs();
void load_shell().catch(() => {});
void app.start();
await words;
mount(App, { target: document.getElementById('app') as HTMLElement });
start_worker();
