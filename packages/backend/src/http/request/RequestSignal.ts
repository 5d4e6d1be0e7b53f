import { AsyncLocalStorage } from 'node:async_hooks';

// Not state of the module: each value lives exactly as long as the call of `runWithSignal` it belongs to.
const storage = new AsyncLocalStorage<AbortSignal>();

/** Runs `fn` for a request, so that what it calls hears when nobody waits for the answer any more. */
export const runWithSignal = <T>(signal: AbortSignal, fn: () => T): T => storage.run(signal, fn);

/** The signal of the request that is answered; `undefined` outside of any. */
export const currentSignal = (): AbortSignal | undefined => storage.getStore();
