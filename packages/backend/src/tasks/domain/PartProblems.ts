const PROBLEMS = Symbol('problems of the parts');

/** Notes at a handler that is made of parts what is wrong with them, one sentence each. The handler itself is answered. */
export const notePartProblems = <Handler extends object>(
  handler: Handler,
  problems: readonly string[],
): Handler => Object.defineProperty(handler, PROBLEMS, { value: problems });

/** Lists everything that is wrong with the parts of a handler; nothing for one without parts. */
export const partProblemsOf = (handler: unknown): readonly string[] =>
  typeof handler === 'function' && PROBLEMS in handler ? (handler[PROBLEMS] as readonly string[]) : []; // only set above
