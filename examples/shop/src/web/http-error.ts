/** An answer other than a page, with words for the person who gets it. */
export class HttpError extends Error {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, message: string) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.title = title;
  }
}

export function notFound(): HttpError {
  return new HttpError(404, "Not on our shelves", "There is no such page. It may have moved, or never been.");
}

export function forbidden(message: string): HttpError {
  return new HttpError(403, "Not through this door", message);
}
