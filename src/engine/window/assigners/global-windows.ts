import { NeverTrigger, type Trigger } from '../triggers/trigger.js';
import { GlobalWindow } from '../window.js';
import type { WindowAssigner } from './window-assigner.js';

const WINDOWS = [GlobalWindow.INSTANCE] as const;

/** All events of a key in one window; it fires only by a trigger of your own. */
export class GlobalWindows implements WindowAssigner<unknown, GlobalWindow> {
  readonly isEventTime = false;

  static create(): GlobalWindows {
    return new GlobalWindows();
  }

  assignWindows(): readonly GlobalWindow[] {
    return WINDOWS;
  }

  getDefaultTrigger(): Trigger<unknown, GlobalWindow> {
    return new NeverTrigger();
  }
}
