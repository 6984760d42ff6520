import type { Plugin } from 'vite';

export function emoji(): Plugin;
