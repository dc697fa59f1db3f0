import type { Observer } from 'rxjs';

/** Who is told of something beside the stream: an observer, or a function. */
export type Listener<T> = Partial<Observer<T>> | ((value: T) => void);

export function tell<T>(to: Listener<T> | undefined, value: T): void {
  if (typeof to === 'function') to(value);
  else to?.next?.(value);
}
