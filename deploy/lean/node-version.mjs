/** In place of the warning about a Node that the SDK will not support for long: serverless.yml says which one there is. */
export const state = { warningEmitted: true };
export const emitWarningIfUnsupportedVersion = () => {};
