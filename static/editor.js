// The editor's page: what CKEditor does not do by itself, or not under our security policy.
/* global CKEDITOR */

const PATIENCE_MS = 5000
// The token's cookie cannot be read by scripts, so it is taken from the form.
const TOKEN = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? ""

if (window.CKEDITOR) {
  // For pasted and dropped pictures. Every editor's settings inherit from these, also those of an
  // editor that is there already.
  CKEDITOR.config.fileTools_requestHeaders = { "X-CSRFToken": TOKEN }
  CKEDITOR.on("instanceCreated", ({ editor }) => explainRefusals(editor))
  Object.values(CKEDITOR.instances).forEach(explainRefusals)
  CKEDITOR.on("dialogDefinition", ({ data: { name, definition } }) => {
    if (name === "link") ["upload", "target", "advanced"].forEach((tab) => definition.removeContents(tab))
    if (name === "image2") takePictures(definition)
  })
}
document.querySelectorAll("[name=goes_public_at]").forEach(nameTheDeed)
document.querySelectorAll("#article_form, #page_form, #letter_form").forEach(sendOnce)
document.querySelectorAll('a[href="#id_body"]').forEach(leadToTheText)

/* CKEditor has words of its own for a refused picture; the server's say what to do. */
function explainRefusals(editor) {
  editor.on("fileUploadRequest", ({ data: { fileLoader: { xhr } } }) => {
    xhr.addEventListener("readystatechange", () => {
      if (xhr.readyState !== XMLHttpRequest.DONE || xhr.status < 400) return
      editor.lang.filetools[`httpError${xhr.status}`] = reasonIn(xhr.responseText, xhr.status)
    })
  })
}

function reasonIn(answer, status) {
  try {
    return JSON.parse(answer).error.message
  } catch {
    return `The picture could not be sent (${status}). Save your text, then try again.`
  }
}

/* The picture's dialog: a file from this computer, and words for those who cannot see it. */
function takePictures(definition) {
  definition.removeContents("Upload")
  const info = definition.getContents("info")
  const words = info.get("alt")
  words.label = "What it shows, for those who cannot see it"
  words.validate = CKEDITOR.dialog.validate.notEmpty("Say in a few words what the picture shows.")
  info.elements.unshift({
    type: "html",
    id: "file",
    html: `<div class="picture-file"><label>A picture from this computer
      <input type="file" accept="image/jpeg,image/png,image/webp,image/gif"></label>
      <p role="status"></p></div>`,
    onLoad() {
      const dialog = this.getDialog()
      const box = dialog.parts.contents.$.querySelector(".picture-file")
      const [input, status] = [box.querySelector("input"), box.querySelector("p")]
      input.addEventListener("change", () => send(input.files[0], dialog, status))
      dialog.on("show", () => { input.value = status.textContent = "" })
    },
  })
}

async function send(file, dialog, status) {
  if (!file) return
  const body = new FormData()
  body.append("upload", file)
  status.textContent = "Sending…"
  try {
    const url = dialog.getParentEditor().config.imageUploadUrl
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": TOKEN } })
    const text = await answer.text()
    if (!answer.ok) throw new Error(reasonIn(text, answer.status))
    dialog.getContentElement("info", "src").setValue(JSON.parse(text).url)
    status.textContent = "It is here. Now say what it shows."
    dialog.getContentElement("info", "alt").focus()
  } catch (error) {
    status.textContent = error.message
  }
}

/* The button says what it does with the typed date. The server decides for itself. */
function nameTheDeed(field) {
  const button = field.form.querySelector("[name=_publish]")
  if (!button) return
  const siteOffsetMs = Number(document.body.dataset.adminUtcOffset ?? 0) * 1000
  const name = () => {
    const isToCome = Date.parse(`${field.value}Z`) - siteOffsetMs > Date.now()
    button.value = isToCome ? button.dataset.later : button.dataset.now
  }
  field.addEventListener("input", name)
  name()
}

/* A second press while the first is under way does nothing. (Sent twice, it does no harm either.) */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault()
    form.dataset.sent = "yes"
    setTimeout(() => delete form.dataset.sent, PATIENCE_MS)
  })
}

function leadToTheText(link) {
  link.addEventListener("click", (event) => {
    event.preventDefault()
    CKEDITOR.instances.id_body.focus()
  })
}
