// The panes are a file of their own: whoever signs in meets the door first, and a phone reads two smaller files faster than one large.

export const load_shell = () => import('./Shell.svelte');
