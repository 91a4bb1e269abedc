/**
 * In place of what adds Powertools' name to the user agent of each call: AWS counts by it who uses Powertools, and a
 * function that is traced or not would load it for that alone.
 */
export const addUserAgentMiddleware = () => {};
export const isSdkClient = (client) => typeof client?.send === 'function';
