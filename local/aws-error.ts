/** An error as an AWS service answers it. The protocol layer of each service writes it in its own wire form. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** The error's name on the wire, for example `ResourceNotFoundException`. */
  readonly code: string;
  readonly statusCode: number;
  /** Further members of the modelled error, beside `message`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { statusCode?: number; members?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.statusCode = options.statusCode ?? 400;
    this.members = options.members ?? {};
  }
}

/** For the person who runs the laptop. */
export function describeError(error: unknown): string {
  if (error instanceof AwsError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
