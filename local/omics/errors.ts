/** HealthOmics' modelled errors, with their status codes. */
import { AwsError } from '../aws-error.ts';

export function notFound(what: string, id: string): AwsError {
  return new AwsError('ResourceNotFoundException', `${what} ${id} not found`, { statusCode: 404 });
}

export function conflict(message: string): AwsError {
  return new AwsError('ConflictException', message, { statusCode: 409 });
}

export function quotaExceeded(message: string): AwsError {
  return new AwsError('ServiceQuotaExceededException', message, { statusCode: 402 });
}

export function throttled(message: string): AwsError {
  return new AwsError('ThrottlingException', message, { statusCode: 429 });
}

export function accessDenied(message: string): AwsError {
  return new AwsError('AccessDeniedException', message, { statusCode: 403 });
}

export function requestTimeout(message: string): AwsError {
  return new AwsError('RequestTimeoutException', message, { statusCode: 408 });
}

export function internalError(message: string): AwsError {
  return new AwsError('InternalServerException', message, { statusCode: 500 });
}

/** A rule that the model does not express, broken by one member. */
export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
