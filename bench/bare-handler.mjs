/** A bare handler: none of anybody's packages. It makes the calls that its event asks for, by what Node has for it, or does nothing. */
const { AWS_ENDPOINT_URL } = process.env;

export async function handler({ calls = 0 }) {
  for (let made = 0; made < calls; made += 1) {
    const answer = await fetch(`${AWS_ENDPOINT_URL}/run/1234567`);
    await answer.json();
  }
  return {};
}
