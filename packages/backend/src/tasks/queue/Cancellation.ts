import { type CancelRequest } from '../domain/CancelRequest';

/** Whether a run was asked to stop. */
export interface Cancellation {
  /** What was asked; `undefined` as long as nothing is heard. */
  readonly request: CancelRequest | undefined;
  /** Calls the listener when the run is asked to stop, at once if it was already. Returns what ends the listening. */
  onRequest(listener: (request: CancelRequest) => void): () => void;
}

/** A cancellation, and who brings the news. */
export interface HeldCancellation extends Cancellation {
  /** The run was asked to stop. Only the first time counts. */
  hear(request: CancelRequest): void;
}

/** Creates the cancellation of a run that nobody has asked to stop. */
export const createCancellation = (): HeldCancellation => {
  let heard: CancelRequest | undefined;
  let listeners: Set<(request: CancelRequest) => void> | undefined;
  return {
    get request() {
      return heard;
    },
    onRequest: (listener) => {
      if (heard === undefined) {
        listeners ??= new Set();
        listeners.add(listener);
      } else {
        listener(heard);
      }
      return () => listeners?.delete(listener);
    },
    hear: (request) => {
      if (heard !== undefined) return;
      heard = request;
      for (const listener of listeners ?? []) listener(request);
    },
  };
};
