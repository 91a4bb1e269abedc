export interface SettingSelectors<T> {
  environmentVariableSelector(
    environment: Readonly<Record<string, string | undefined>>,
    options?: { signingName?: string | undefined },
  ): T | undefined;
  default: T | (() => T | Promise<T>);
}

export function loadConfig<T>(
  selectors: SettingSelectors<T>,
  configuration?: { signingName?: string },
): () => Promise<T>;
