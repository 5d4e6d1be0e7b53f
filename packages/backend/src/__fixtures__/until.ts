/** Polls until a condition of another process holds; rejects after `timeoutMs` (default 15 s). */
export const until = async (isTrue: () => Promise<boolean>, timeoutMs = 15_000): Promise<void> => {
  const endsAtMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > endsAtMs) throw new Error(`the condition did not hold within ${timeoutMs} ms`);
    await Bun.sleep(25);
  }
};
