/**
 * In place of the SDK's search for a setting in the environment, in the profile of ~/.aws/config and, at last, its default:
 * a Lambda has no profile. For each setting that nobody made, some ten a client, the search makes two errors with their
 * stacks and reads the source text of a function.
 */
export const loadConfig = ({ environmentVariableSelector, default: fallback }, { signingName, logger } = {}) => {
  let found;
  return () => {
    found ??= load();
    return found;
  };
  async function load() {
    return fromEnvironment() ?? (typeof fallback === 'function' ? await fallback() : fallback);
  }
  function fromEnvironment() {
    try {
      return environmentVariableSelector(process.env, { signingName, logger });
    } catch (error) {
      // As the SDK has it, a value that makes no sense is none.
      logger?.debug?.(error.message);
      return undefined;
    }
  }
};
