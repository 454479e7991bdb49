/** A setting that the shop cannot start with. Its message is one line for the operator and names no password. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}
