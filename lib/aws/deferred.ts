/** A port whose code is loaded at its first call: for what most invocations of a function do not do. */

type Port = Readonly<Record<string, unknown>>;

/** Takes ports all of whose members are asynchronous functions. */
export type AsynchronousPort<P> = {
  readonly [Name in keyof P]: P[Name] extends (...given: never[]) => Promise<unknown> ? P[Name] : never;
};

export function deferred<P extends AsynchronousPort<P>>(load: () => Promise<P>): P {
  let loaded: Promise<P> | undefined;
  const call = async (name: string, given: readonly unknown[]): Promise<unknown> => {
    loaded ??= load();
    const member = ((await loaded) as Port)[name];
    if (typeof member !== 'function') throw new TypeError(`The port has no function ${name}.`);
    return (member as (...given: readonly unknown[]) => unknown)(...given);
  };
  const members = new Map<string, unknown>();
  return new Proxy({} as P & object, {
    get(_target, name) {
      // A promise is told by its `then`: without this a port could not be awaited.
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (!members.has(name)) members.set(name, (...given: readonly unknown[]) => call(name, given));
      return members.get(name);
    },
  });
}
