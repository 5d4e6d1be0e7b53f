import { AsyncLocalStorage } from 'node:async_hooks';

/** What every line inside a piece of work carries, such as the correlation ID and the task id. */
export type LogBindings = Readonly<Record<string, unknown>>;

// Not state of the module: each value lives exactly as long as the call of `runWithLogContext` it belongs to.
const storage = new AsyncLocalStorage<LogBindings>();

const empty: LogBindings = Object.freeze({});

/**
 * Runs `fn` so that every line logged inside it, also after an `await`, carries these bindings. Calls nest: inner
 * bindings are added to the outer ones and win over them. Bindings of a logger and of a line win over both.
 */
export const runWithLogContext = <T>(bindings: LogBindings, fn: () => T): T =>
  storage.run(Object.freeze({ ...storage.getStore(), ...bindings }), fn);

/** The bindings of the innermost `runWithLogContext` around this call; `{}` outside of any. */
export const currentLogContext = (): LogBindings => storage.getStore() ?? empty;
