// "Are you sure?", as a promise. One question at a time.

export interface Question {
  text: string;
  yes: string;
  danger: boolean;
  answer: (yes: boolean) => void;
}

let current = $state.raw<Question | null>(null);

export const question = (): Question | null => current;

export function ask(text: string, yes: string, danger = true): Promise<boolean> {
  current?.answer(false);
  return new Promise((resolve) => {
    current = {
      text,
      yes,
      danger,
      answer: (sure) => {
        current = null;
        resolve(sure);
      },
    };
  });
}
