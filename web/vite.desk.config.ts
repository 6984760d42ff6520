import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

// The desk speaks polling and WebSocket; the client's third transport stays out of the script.
const without_webtransport: Plugin = {
  name: 'without-webtransport',
  enforce: 'pre',
  load: (id) => (/engine\.io-client\/build\/esm\/transports\/webtransport\.js/.test(id) ? 'export class WT {}' : null),
};

// The widget for other people's pages: one classic script that is whole by itself, beside the page that `vite build` has made.
export default defineConfig({
  plugins: [svelte(), without_webtransport],
  publicDir: false,
  esbuild: { charset: 'utf8', legalComments: 'none' },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    reportCompressedSize: false,
    // Strangers' pages wait for it: the slower tool makes it 4 % smaller than esbuild.
    minify: 'terser',
    terserOptions: { ecma: 2020, compress: { passes: 3 }, format: { comments: false } },
    lib: { entry: 'src/desk/main.ts', formats: ['iife'], name: 'suhbat_desk', fileName: () => 'desk.js' },
  },
});
