// What was searched for, so that the panel, when it is opened again, is as it was left.

import type { Person } from '../../lib/types';

export const search = $state({
  text: '',
  kind: 'messages' as 'messages' | 'files' | 'people' | 'rooms',
  place: 'all' as 'all' | 'room' | 'guild',
  from: [] as Person[],
  before: '',
  after: '',
  has: '' as '' | 'link' | 'file' | 'picture',
});
