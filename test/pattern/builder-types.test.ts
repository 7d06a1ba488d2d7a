/** What the compiler knows of a pattern: checked by `npm run typecheck`, which fails on an unused `@ts-expect-error`. */
import { type Bindings, Pattern, PatternError } from '../../src/engine/pattern/builder/index.js';

interface Payment {
  readonly kind: string;
  readonly amount: number;
}

interface Refund extends Payment {
  readonly kind: 'refund';
  readonly of: string;
}

type BindingsOf<P> = P extends Pattern<any, infer B, any, any> ? B : never;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const isRefund = (event: Payment): event is Refund => event.kind === 'refund';
const start = Pattern.of<Payment>().begin('small');

/** `as` compiles without an argument only when P binds exactly what is expected. */
function binds<P>(_pattern: P) {
  return { as: <Expected extends Bindings>(..._same: Same<BindingsOf<P>, Expected> extends true ? [] : ['other bindings']) => true };
}

describe('the compiler knows', () => {
  it('what each step is bound to', () => {
    expect(binds(start).as<{ readonly small: Payment }>()).toBe(true);
    expect(binds(start.times(2)).as<{ readonly small: readonly Payment[] }>()).toBe(true);
    expect(binds(start.next('b').optional()).as<{ readonly small: Payment; readonly b: Payment | undefined }>()).toBe(true);
    expect(binds(start.oneOrMore().optional()).as<{ readonly small: readonly Payment[] }>()).toBe(true);
    expect(binds(start.notNext('n').next('b')).as<{ readonly small: Payment; readonly b: Payment }>()).toBe(true);
    expect(binds(start.followedBy('r').subtype(isRefund)).as<{ readonly small: Payment; readonly r: Refund }>()).toBe(true);
    const group = Pattern.of<Payment>().begin('a').next('b');
    expect(
      binds(start.next(group).times(2).next('c')).as<{
        readonly small: Payment;
        readonly a: readonly Payment[];
        readonly b: readonly Payment[];
        readonly c: Payment;
      }>(),
    ).toBe(true);
    // @ts-expect-error: `small` is one event, not a list
    expect(binds(start).as<{ readonly small: readonly Payment[] }>()).toBe(true);
  });

  it('the fields of an event', () => {
    start.where((event) => event.amount > 1);
    // @ts-expect-error: there is no field `amout`
    start.where((event) => event.amout > 1);
    start.subtype(isRefund).where((event) => event.of === 'x');
    // @ts-expect-error: only refunds have `of`
    start.where((event) => event.of === 'x');
  });

  it('the steps that a condition can look back at', () => {
    const pattern = start.followedBy('large');
    pattern.where((event, context) => context.getEventsForPattern('small').every((each) => each.amount < event.amount));
    // @ts-expect-error: there is no step `smal`
    pattern.where((_, context) => context.getEventsForPattern('smal').length > 0);
    // @ts-expect-error: `later` comes later
    pattern.where((_, context) => context.getEventsForPattern('later').length > 0).next('later');
  });

  it('that a name is taken', () => {
    // @ts-expect-error: another step has the name small
    expect(() => start.next('small').build()).toThrow(PatternError);
  });

  it('what a duration looks like', () => {
    // @ts-expect-error: minutes are `m`
    expect(() => start.within('10 minutes').build()).toThrow(PatternError);
  });
});
