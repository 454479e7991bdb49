export { AsideSessionStore } from "./aside-session-store.js";
