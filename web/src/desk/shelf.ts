// What the browser keeps for us on the shop's own origin: storage of third parties is not to be had. It may be refused or full, or hold
// what somebody else wrote: then there is simply nothing.

export interface Shelf {
  get<T>(name: string): T | null;
  put(name: string, value: unknown): void;
}

export function make_shelf(storage: () => Storage, prefix: string): Shelf {
  return {
    get(name) {
      try {
        return JSON.parse(storage().getItem(prefix + name) ?? 'null');
      } catch {
        return null;
      }
    },
    put(name, value) {
      try {
        if (value === null) storage().removeItem(prefix + name);
        else storage().setItem(prefix + name, JSON.stringify(value));
      } catch {
        // Kept in memory only, then.
      }
    },
  };
}
