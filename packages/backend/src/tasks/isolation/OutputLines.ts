/** Characters after which a line that does not end is taken as one. */
const MAX_LINE_LENGTH = 64 * 1024;

/** Cuts text that arrives in pieces into lines. */
export interface OutputLines {
  take(text: string): void;
  /** The last line may lack its end. */
  end(): void;
}

/** Hands each line on as soon as it is whole, without its end. */
export const createOutputLines = (onLine: (line: string) => void): OutputLines => {
  let rest = '';
  return {
    take: (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
      if (rest.length < MAX_LINE_LENGTH) return;
      onLine(rest);
      rest = '';
    },
    end: () => {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
};
