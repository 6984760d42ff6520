// Where the reader is. Kept in the fragment, so that Back works and a place can be a bookmark.
//
//   #r12            a room            #r12/details    with its details      #r12/s345    at one message
//   #g5             a guild           #g5/settings    its settings
//   #/settings/x  #/admin/x  #/explore  #/invite/CODE  #/reset/TOKEN  #/verify/TOKEN     pages
//   …?search        the search panel beside any of the first two
//
// The server also gives this page at the addresses of the old rooms; they are left at once.

export interface Route {
  room: number | null;
  guild: number | null;
  details: boolean;
  seq: number | null;
  search: boolean;
  /** Name of a page and what follows it. */
  page: string | null;
  rest: string;
}

const nowhere: Route = { room: null, guild: null, details: false, seq: null, search: false, page: null, rest: '' };

export function parse_route(hash: string): Route {
  const search = hash.endsWith('?search');
  const path = search ? hash.slice(0, -'?search'.length) : hash;
  const room = /^#r(\d{1,15})(?:\/(details|s(\d{1,15})))?$/.exec(path);
  if (room) return { ...nowhere, search, room: Number(room[1]), details: room[2] === 'details', seq: room[3] ? Number(room[3]) : null };
  const guild = /^#g(\d{1,15})(?:\/(settings)(?:\/([a-z]+))?)?$/.exec(path);
  if (guild) return { ...nowhere, search, guild: Number(guild[1]), page: guild[2] ? 'guild' : null, rest: guild[3] ?? '' };
  const page = /^#\/([a-z]+)(?:\/(.*))?$/.exec(path);
  if (page) return { ...nowhere, search, page: page[1], rest: decode(page[2] ?? '') };
  return { ...nowhere, search };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What an address of the old rooms (/room/12/, /create/, /login/?next=/room/12/) is in the fragment; null: it is none of those. */
export function old_address(path: string, query: string): string | null {
  const plain = path.replace(/\/$/, '');
  const room = /^\/room\/(\d{1,15})$/.exec(plain);
  if (room) return `#r${room[1]}`;
  if (plain === '/create') return '#/create';
  if (plain !== '/login') return null;
  const [next] = (new URLSearchParams(query).get('next') ?? '').split('?');
  return old_address(next.startsWith('/login') ? '' : next, '') ?? '';
}

/** Before anything looks at where we are. */
export function leave_old_address(): void {
  const hash = old_address(location.pathname, location.search);
  if (hash !== null) history.replaceState(null, '', '/' + (location.hash || hash));
}

let current = $state.raw<Route>(nowhere);

export const route = (): Route => current;

export function follow_route(): () => void {
  const read = (): void => {
    current = parse_route(location.hash);
  };
  read();
  addEventListener('hashchange', read);
  return () => removeEventListener('hashchange', read);
}

export function go(room: number | null, details = false): void {
  location.hash = room === null ? '' : `#r${room}${details ? '/details' : ''}`;
}

export function go_guild(guild: number, settings = false): void {
  location.hash = `#g${guild}${settings ? '/settings' : ''}`;
}

export function go_page(page: string, rest = ''): void {
  location.hash = `#/${page}${rest ? '/' + rest : ''}`;
}

export function go_message(room: number, seq: number): void {
  location.hash = `#r${room}/s${seq}`;
}

export function show_search(on: boolean): void {
  const bare = location.hash.replace(/\?search$/, '');
  if (on !== current.search) location.hash = (bare || '#') + (on ? '?search' : '');
}

/** Without a step in the browser's history. */
export function settle(room: number | null): void {
  settle_at(room === null ? '' : `#r${room}`);
}

export function settle_at(hash: string): void {
  history.replaceState(null, '', hash || location.pathname);
  current = parse_route(location.hash);
}
