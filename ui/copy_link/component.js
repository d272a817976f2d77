export default function (component) {
  const { parentElement } = component;
  const button = parentElement.querySelector(".copy-link");
  const address = parentElement.querySelector(".copy-link-address");
  let reset = 0;
  button.onclick = async () => {
    clearTimeout(reset);
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Link copied";
    } catch {
      // Without a secure connection browsers keep pages from the clipboard: show it to be copied.
      address.value = location.href;
      address.hidden = false;
      address.select();
      button.textContent = "Copy it from here";
    }
    reset = setTimeout(() => (button.textContent = "Copy link"), 2500);
  };
  return () => clearTimeout(reset);
}
