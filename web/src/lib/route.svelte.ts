// Where the reader is: the list, a room, or a room's details. Kept in the fragment, so that Back works and a room can be a bookmark.

export interface Route {
  room: number | null;
  details: boolean;
}

export function parse_route(hash: string): Route {
  const match = /^#r(\d{1,15})(\/details)?$/.exec(hash);
  return match ? { room: Number(match[1]), details: match[2] !== undefined } : { room: null, details: false };
}

let current = $state.raw<Route>({ room: null, details: false });

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

/** Without a step in the browser's history. */
export function settle(room: number | null): void {
  history.replaceState(null, '', room === null ? location.pathname : `#r${room}`);
  current = parse_route(location.hash);
}
