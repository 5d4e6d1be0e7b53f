/** Sets variables of this process (`undefined` removes one) until the answer is disposed of. */
export const setEnvironment = (variables: Readonly<Record<string, string | undefined>>): Disposable => {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  assign(Object.entries(variables));
  return { [Symbol.dispose]: () => assign(before) };
};

const assign = (variables: readonly (readonly [name: string, value: string | undefined])[]): void => {
  for (const [name, value] of variables) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};
