// Calls for attention when somebody answered and nobody looks: a short sound, and a number before the title of the page.

let context: AudioContext | null = null;

/** Browsers let a page sound only after a press: called from one. */
export function tune(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
  } catch {
    // No sound here.
  }
}

export function ring(): void {
  if (context?.state !== 'running') return;
  const now = context.currentTime;
  for (const [at, pitch] of [[0, 660], [0.12, 880]] as const) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, now + at);
    loudness.gain.exponentialRampToValueAtTime(0.12, now + at + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, now + at + 0.28);
    tone.connect(loudness).connect(context.destination);
    tone.start(now + at);
    tone.stop(now + at + 0.3);
  }
}

const MARK = /^\(\d+\) /;

export function title_with(n: number, title: string): string {
  const bare = title.replace(MARK, '');
  return n > 0 ? `(${n}) ${bare}` : bare;
}

/** Only while the page is out of sight: in sight the button tells. */
export function mark_title(n: number): void {
  const shown = document.visibilityState === 'hidden' ? n : 0;
  if (shown > 0 || MARK.test(document.title)) document.title = title_with(shown, document.title);
}
