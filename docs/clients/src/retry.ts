import { CarehubError } from "./error.js";

/** How long to wait before asking again, in milliseconds: twice as long each time, from `first` up to `most`. */
export interface Patience {
  readonly first: number;
  readonly most: number;
}

/** The wait before the attempt that follows so many failures. Half of it is chance, or all clients would come at once. */
export function backoff({ first, most }: Patience, failures: number): number {
  const whole = Math.min(most, first * 2 ** Math.min(failures, 30));
  return whole / 2 + (Math.random() * whole) / 2;
}

/** Waits, and no longer once the signal is given. It never fails. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}

/** Tries until it succeeds, fails for good, was tried so many times, or the signal is given. */
export async function again<T>(attempt: () => Promise<T>, patience: Patience, signal: AbortSignal, times = Infinity): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const passes = !(error instanceof CarehubError) || error.passes;
      if (!passes || failures + 1 >= times || signal.aborted) throw error;
      await pause(backoff(patience, failures), signal);
    }
  }
}
