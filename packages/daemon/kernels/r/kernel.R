# Runs cells of R and tells the daemon what comes of them. Needs nothing but R itself.
# A command is one line, a call of list(); commands come on descriptor 3, events go to 4, text goes through the standard streams.
local({
  commands <- file("/dev/fd/3", open = "r", blocking = TRUE, encoding = "UTF-8", raw = TRUE)
  events <- file("/dev/fd/4", open = "wb", raw = TRUE)
  streams <- list(file("/dev/fd/1", open = "wb", raw = TRUE), file("/dev/fd/2", open = "wb", raw = TRUE))
  nonce <- NULL

  # Text as JSON.
  quoted <- function(text) {
    text <- enc2utf8(paste(text, collapse = "\n"))
    text <- gsub("\\", "\\\\", text, fixed = TRUE)
    text <- gsub("\"", "\\\"", text, fixed = TRUE)
    text <- gsub("\n", "\\n", text, fixed = TRUE)
    text <- gsub("\r", "\\r", text, fixed = TRUE)
    text <- gsub("\t", "\\t", text, fixed = TRUE)
    paste0("\"", gsub("[[:cntrl:]]", "", text), "\"")
  }

  object <- function(fields) paste0("{", paste0(vapply(names(fields), quoted, ""), ":", unlist(fields), collapse = ","), "}")

  scalar <- function(value) {
    if (is.na(value)) "null"
    else if (is.logical(value)) tolower(as.character(value))
    else if (is.numeric(value)) if (is.finite(value)) format(unclass(value)[[1]], digits = 15) else "null"
    else quoted(as.character(value))
  }

  column <- function(values) {
    if (is.factor(values) || inherits(values, c("Date", "POSIXt"))) values <- as.character(values)
    paste0("[", paste(vapply(seq_along(values), function(index) scalar(values[[index]]), ""), collapse = ","), "]")
  }

  base64 <- function(bytes) {
    letters64 <- c(LETTERS, letters, 0:9, "+", "/")
    missing <- (3 - length(bytes) %% 3) %% 3
    triples <- matrix(c(as.integer(bytes), rep(0L, missing)), nrow = 3)
    code <- triples[1, ] * 65536L + triples[2, ] * 256L + triples[3, ]
    signs <- rbind(code %/% 262144L, (code %/% 4096L) %% 64L, (code %/% 64L) %% 64L, code %% 64L) + 1L
    text <- letters64[signs]
    if (missing > 0) text[seq(length(text) - missing + 1, length(text))] <- "="
    paste(text, collapse = "")
  }

  # Tells the daemon something that comes after all text so far.
  send <- function(event) {
    flush(stdout())
    flush(stderr())
    for (stream in streams) {
      writeBin(c(as.raw(c(0, 0)), charToRaw(nonce), as.raw(0)), stream)
      flush(stream)
    }
    tell(event)
  }

  # No text of a cell can follow its end, so that nothing need be marked.
  end <- function() {
    flush(stdout())
    flush(stderr())
    tell(list(event = "\"end\""))
  }

  tell <- function(event) {
    writeBin(charToRaw(paste0(object(event), "\n")), events)
    flush(events)
  }

  table_html <- function(frame) {
    escape <- function(text) gsub("<", "&lt;", gsub("&", "&amp;", text, fixed = TRUE), fixed = TRUE)
    row <- function(cells, tag) paste0("<tr>", paste0("<", tag, ">", escape(cells), "</", tag, ">", collapse = ""), "</tr>")
    cells <- as.matrix(format(utils::head(frame, 60)))
    paste0("<table>", row(names(frame), "th"), paste(apply(cells, 1, row, tag = "td"), collapse = ""), "</table>")
  }

  show <- function(value, main) {
    data <- list("text/plain" = quoted(utils::capture.output(print(value))))
    if (is.data.frame(value) && ncol(value) > 0) {
      data[["text/html"]] <- quoted(table_html(value))
      kept <- utils::head(value, 100000)
      data[["e2b/data"]] <- object(lapply(kept, column))
    }
    send(list(event = "\"result\"", main = if (main) "true" else "false", data = object(data)))
  }

  # Drawings go to files, which are shown at the end of the cell.
  drawings <- tempfile("drawing")
  draw <- function(...) grDevices::png(paste0(drawings, "%03d.png"), width = 840, height = 600, res = 120)
  show_drawings <- function() {
    grDevices::graphics.off()
    for (file in sort(Sys.glob(paste0(drawings, "*.png")))) {
      data <- list("image/png" = quoted(base64(readBin(file, "raw", file.size(file)))))
      send(list(event = "\"result\"", main = "false", data = object(data)))
      unlink(file)
    }
  }

  fail <- function(error, calls) {
    name <- class(error)[[1]]
    message <- conditionMessage(error)
    lines <- vapply(calls, function(call) paste(deparse(call, nlines = 1), collapse = ""), "")
    send(list(
      event = "\"error\"", name = quoted(name), value = quoted(message),
      traceback = quoted(c(paste0("Error: ", message), if (length(lines) > 0) paste0("  in ", rev(lines))))
    ))
  }

  run <- function(code) {
    calls <- list()
    depth <- 0
    note <- function(error) {
      all <- sys.calls()
      # The first belong to this kernel, the last to the signalling of the error.
      calls <<- all[seq_len(max(0, length(all) - 2))][-seq_len(min(depth, length(all)))]
    }
    evaluate <- function(expression, main) {
      depth <<- sys.nframe() + 4
      value <- withCallingHandlers(withVisible(eval(expression, globalenv())), error = note)
      if (value$visible) show(value$value, main)
    }
    tryCatch({
      expressions <- parse(text = code, keep.source = FALSE)
      for (index in seq_along(expressions)) evaluate(expressions[[index]], index == length(expressions))
    }, error = function(error) fail(error, calls), interrupt = function(condition) {
      send(list(event = "\"error\"", name = "\"Interrupted\"", value = "\"the cell was interrupted\"", traceback = "\"Interrupted\""))
    })
    tryCatch(show_drawings(), error = function(error) NULL)
  }

  with_variables <- function(variables, work) {
    before <- Sys.getenv(names(variables), unset = NA, names = TRUE)
    if (length(variables) > 0) do.call(Sys.setenv, as.list(variables))
    on.exit({
      Sys.unsetenv(names(before)[is.na(before)])
      kept <- before[!is.na(before)]
      if (length(kept) > 0) do.call(Sys.setenv, as.list(kept))
    })
    work()
  }

  next_command <- function() {
    repeat {
      line <- tryCatch(readLines(commands, n = 1, warn = FALSE), interrupt = function(condition) NULL)
      if (is.null(line)) next
      if (length(line) == 0) quit(save = "no", status = 0, runLast = FALSE)
      return(line)
    }
  }

  options(device = draw, warn = 1, browser = function(url) invisible(url))
  nonce <- eval(parse(text = next_command()))$nonce
  send(list(event = "\"ready\""))
  repeat {
    line <- next_command()
    tryCatch({
      command <- eval(parse(text = line, encoding = "UTF-8"))
      with_variables(command$env, function() run(command$code))
    }, error = function(error) fail(error, list()), interrupt = function(condition) NULL)
    end()
  }
})
