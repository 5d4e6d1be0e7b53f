/** Writes a text; resolves when it is written: a pipe takes its time, and a process that exits does not wait for it. */
export const printText = (stream: NodeJS.WritableStream, text: string): Promise<void> =>
  new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
