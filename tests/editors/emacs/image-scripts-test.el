;;; image-scripts-test.el --- Tests of image-scripts.el  -*- lexical-binding: t; -*-

;;; Commentary:

;; Does what a user of Emacs does, in a copy of a fixture, with the real server.

;;; Code:

(require 'ert)
(require 'flymake)
(require 'image-scripts)

(defconst test--fixtures
  (expand-file-name "../../../fixtures/"
                    (file-name-directory (or load-file-name buffer-file-name)))
  "Directory of the fixtures.")

(setq image-scripts-command (list (getenv "IMAGE_SCRIPTS_LS"))
      ;; Wait until the server is connected.
      eglot-sync-connect t
      flymake-no-changes-timeout 0.1
      eglot-send-changes-idle-time 0
      make-backup-files nil
      create-lockfiles nil)

;;;; Helpers

(defvar test--root nil "Root of the copy that a test works on.")

(defmacro test--in-copy (fixture &rest body)
  "Run BODY in a copy of FIXTURE, with the package enabled."
  (declare (indent 1))
  `(let* ((directory (file-truename (make-temp-file "image-scripts" t)))
          (test--root (expand-file-name "checkout/" directory))
          (inhibit-message t))
     (unwind-protect
         (save-current-buffer
           (call-process "cp" nil nil nil "-a" (concat test--fixtures ,fixture)
                         (directory-file-name test--root))
           (image-scripts-global-mode)
           ,@body)
       (image-scripts-global-mode -1)
       ;; Before the buffers are killed: in a test, a response for a killed buffer is an error.
       (eglot-shutdown-all)
       (dolist (buffer (buffer-list))
         (when (buffer-file-name buffer)
           (with-current-buffer buffer
             (set-buffer-modified-p nil))
           (kill-buffer buffer)))
       (delete-directory directory t))))

(defun test--path (path)
  "Return the absolute path of PATH in the copy."
  (expand-file-name path test--root))

(defun test--visit (path)
  "Visit PATH of the copy as a user does: Eglot starts after the command."
  (find-file (test--path path))
  (run-hooks 'post-command-hook))

(defun test--read (path)
  "Return the text of the file PATH of the copy, as it is on disk."
  (with-temp-buffer
    (insert-file-contents (test--path path))
    (buffer-string)))

(defun test--files ()
  "Return all files of the copy with their texts."
  (mapcar (lambda (file) (cons file (test--read file)))
          (directory-files-recursively test--root "")))

(defun test--idle ()
  "Run the idle timers, as Emacs is never idle in batch mode."
  (dolist (timer (copy-sequence timer-idle-list))
    (timer-event-handler timer)))

(defmacro test--wait (what condition)
  "Wait until CONDITION holds and return its value.
WHAT describes it in the message of a failure."
  (declare (indent 1))
  `(let ((limit (time-add nil 20)) value)
     (while (and (not (setq value ,condition)) (time-less-p nil limit))
       (test--idle)
       (accept-process-output nil 0.05))
     (or value (ert-fail (format "timed out waiting for %s" ,what)))))

(defun test--finding (text)
  "Return the first finding in the current buffer that contains TEXT.
It has the form `LINE: MESSAGE'."
  (flymake-start)
  (seq-find (lambda (finding) (string-search text finding))
            (mapcar (lambda (diagnostic)
                      (format "%d: %s"
                              (line-number-at-pos (flymake-diagnostic-beg diagnostic))
                              (flymake-diagnostic-text diagnostic)))
                    (flymake-diagnostics))))

(defun test--wait-for (text)
  "Wait for a finding that contains TEXT."
  (test--wait text (test--finding text)))

(defun test--wait-until-gone (text)
  "Wait until no finding contains TEXT."
  (test--wait (format "%s to disappear" text) (not (test--finding text))))

(defmacro test--replying (reply &rest body)
  "Run BODY, which has to prompt once, and reply with REPLY, t or nil.
The value is the prompt."
  (declare (indent 1))
  `(let ((seen nil))
     (cl-letf (((symbol-function 'y-or-n-p)
                (lambda (prompt)
                  (when seen
                    (error "Unexpected second prompt: %s" prompt))
                  (setq seen prompt)
                  ,reply)))
       ,@body)
     (or seen (ert-fail "there was no prompt"))))

(defun test--act (title)
  "Apply the code action at point whose title contains TITLE."
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt actions &rest _)
               (or (seq-find (lambda (action) (string-search title action))
                             (mapcar #'car actions))
                   (error "No `%s' in %S" title (mapcar #'car actions))))))
    ;; As if invoked from the keyboard.
    (let ((last-nonmenu-event ?x))
      (eglot-code-actions (point) (point) nil t))))

;;;; Features of Eglot

(ert-deftest texts-of-a-checkout-are-written-out ()
  (should (equal (image-scripts--plain "Kůň 日本 %s \\1") "Kůň 日本 %s \\1"))
  (should (equal (image-scripts--plain "a\n\u202e\e[31m") "a\\n\\u{202e}\\u{1b}[31m")))

(ert-deftest finds-what-is-wrong-in-a-script ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/build.sh")
    (should (eq major-mode 'sh-mode))
    (should (eglot-managed-p))
    (test--wait-for "30: image-scripts [heredoc-expansion]: `$unit`")))

(ert-deftest finds-what-is-wrong-in-nix-without-a-mode-for-it ()
  (test--in-copy "contribution"
    (test--visit "os/configs/image-repository.nix")
    (should (eq major-mode 'image-scripts-nix-mode))
    (should (equal comment-start "# "))
    (test--wait-for "118: image-scripts [competing-tag]")))

(ert-deftest an-installed-mode-for-nix-has-priority ()
  (let ((auto-mode-alist (cons '("\\.nix\\'" . prog-mode) auto-mode-alist)))
    (test--in-copy "contribution"
      (test--visit "os/configs/image-repository.nix")
      (should (eq major-mode 'prog-mode)))))

(ert-deftest all-files-of-a-checkout-share-one-server ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/arch/build.sh")
    (let ((server (eglot-current-server)))
      (should (object-of-class-p server 'image-scripts-server))
      (write-region "[rules]\nno-such-rule = \"off\"\n" nil (test--path ".image-scripts.toml"))
      (dolist (path '("tests/distributions.nix" "image-scripts/include/debian.sh"
                      ".image-scripts.toml"))
        (test--visit path)
        (should (eq (eglot-current-server) server)))
      (test--wait-for "[unknown-setting]"))))

;; Eglot drops diagnostics of files that no buffer visits.
(ert-deftest a-file-that-is-visited-later-has-its-findings ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/config.sh")
    (test--wait-for "[unknown-builder]")
    (test--visit "image-scripts/images/ubuntu-26.10/build.sh")
    (test--wait-for "[heredoc-expansion]")))

(ert-deftest findings-are-updated-while-typing ()
  (test--in-copy "clean-2026"
    (test--visit "image-scripts/images/arch/config.sh")
    (goto-char (point-max))
    (insert "BUILDER=debiann\n")
    (test--wait-for "[unknown-builder]")))

(ert-deftest hover-describes-a-helper ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/build.sh")
    (goto-char (point-min))
    (re-search-forward "^run-conf")
    (let (text)
      (eglot-hover-eldoc-function (lambda (shown &rest _) (setq text shown)))
      (test--wait "the hover" text)
      (should (string-search "run-configure" text))
      (should (string-search "common.sh" text)))))

(ert-deftest definition-is-found-in-the-include ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/build.sh")
    (goto-char (point-min))
    (re-search-forward "^run-conf")
    (let* ((identifier (xref-backend-identifier-at-point 'eglot))
           (definition (car (xref-backend-definitions 'eglot identifier))))
      (should (string-suffix-p "image-scripts/include/common.sh"
                               (xref-location-group (xref-item-location definition)))))))

(ert-deftest a-new-directory-is-noticed ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/config.sh")
    (test--wait-for "[unknown-builder]")
    (make-directory (test--path "image-scripts/builders/ubunutu"))
    (write-region "DISTNAME=ubuntu\nRELVER=26.04\n" nil
                  (test--path "image-scripts/builders/ubunutu/config.sh"))
    (test--wait-until-gone "[unknown-builder]")))

;;;; Code actions

(ert-deftest an-action-fixes-its-finding ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/config.sh")
    (test--wait-for "[unknown-builder]")
    (goto-char (point-min))
    (search-forward "BUILDER=")
    (test--act "Change to `ubuntu`")
    (should (string-match-p "^BUILDER=ubuntu$" (buffer-string)))
    (test--wait-until-gone "[unknown-builder]")))

(ert-deftest an-action-edits-another-file ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/ubuntu-26.10/config.sh")
    (test--wait-for "[missing-repository-entry]")
    (goto-char (point-min))
    (test--replying t (test--act "Publish `ubuntu-26.10`, without tags"))
    (test--wait-until-gone "[missing-repository-entry]")
    (with-current-buffer (find-buffer-visiting (test--path "os/configs/image-repository.nix"))
      (should (eglot-managed-p))
      (should (buffer-modified-p))
      (should (string-search "\"26.10\"" (buffer-string))))))

(ert-deftest an-action-creates-a-file ()
  (test--in-copy "contribution"
    (let ((script "image-scripts/images/ubuntu-26.10/build.sh"))
      (delete-file (test--path script))
      (test--visit "image-scripts/images/ubuntu-26.10/config.sh")
      (test--wait-for "[missing-build-script]")
      (goto-char (point-min))
      (should (string-match-p (concat "create .*" script)
                              (test--replying t (test--act "build.sh"))))
      (should (file-exists-p (test--path script)))
      (test--wait-until-gone "[missing-build-script]"))))

(ert-deftest deleting-a-link-keeps-its-target ()
  (test--in-copy "contribution"
    (image-scripts--delete-file (test--path "image-scripts/images/alpine-3.24"))
    (should-not (file-symlink-p (test--path "image-scripts/images/alpine-3.24")))
    (should (file-exists-p (test--path "image-scripts/images/alpine/build.sh")))))

;;;; Commands

(ert-deftest images-are-offered-by-name ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/arch/build.sh")
    (let ((images (image-scripts--images)))
      (should (member "fedora-45" images))
      (should (member "alpine-3.24" images))
      (should-not (member "alpine" images)))
    (should (equal (image-scripts--current-image) "arch"))))

(ert-deftest dry-run-changes-nothing ()
  (test--in-copy "contribution"
    (let ((before (test--files)))
      (test--visit "image-scripts/images/fedora-45/build.sh")
      (let ((report (image-scripts-new "fedora-46" nil t)))
        (should (equal (plist-get report :applied) :json-false))
        (should (equal (plist-get report :edited)
                       ["os/configs/image-repository.nix" "tests/distributions.nix"])))
      (should (equal (test--files) before)))))

(ert-deftest new-image-is-created-and-saved ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/fedora-45/build.sh")
    (should (string-search "create  image-scripts/images/fedora-46/build.sh"
                           (test--replying t (image-scripts-new "fedora-46"))))
    (should (equal buffer-file-name (test--path "image-scripts/images/fedora-46/build.sh")))
    (test--wait-for "only upstream knows")
    (should (equal (test--read "image-scripts/images/fedora-46/config.sh")
                   (test--read "image-scripts/images/fedora-45/config.sh")))
    (should (string-search "\"46\"" (test--read "os/configs/image-repository.nix")))
    (should (string-search "fedora_46" (test--read "tests/distributions.nix")))
    (dolist (buffer (buffer-list))
      (should-not (and (buffer-file-name buffer) (buffer-modified-p buffer))))))

(ert-deftest changes-of-the-user-are-not-saved ()
  (test--in-copy "contribution"
    (test--visit "tests/distributions.nix")
    (goto-char (point-min))
    (insert "# mine\n")
    (test--idle)
    (test--replying t (image-scripts-new "fedora-46"))
    (should-not (string-search "fedora_46" (test--read "tests/distributions.nix")))
    (with-current-buffer (find-buffer-visiting (test--path "tests/distributions.nix"))
      (should (buffer-modified-p))
      (should (string-search "fedora_46" (buffer-string))))))

(defmacro test--refused (&rest body)
  "Run BODY, which has to be refused for unsaved changes, without a prompt.
They are made in a file of the image fedora-43, which BODY is about."
  `(test--in-copy "contribution"
     (test--visit "image-scripts/images/fedora-43/build.sh")
     (goto-char (point-max))
     (insert "# mine\n")
     (let ((mine (current-buffer))
           (before (test--files)))
       (test--visit "image-scripts/images/fedora-45/build.sh")
       (cl-letf (((symbol-function 'y-or-n-p)
                  (lambda (prompt) (error "Unexpected prompt: %s" prompt))))
         (let ((why (error-message-string (progn ,@body))))
           (should (string-search (buffer-name mine) why))
           (should (string-search "save or revert" why))))
       (should (equal (test--files) before))
       (should (buffer-live-p mine))
       (with-current-buffer mine
         (should (buffer-modified-p))
         (should (string-suffix-p "# mine\n" (buffer-string)))))))

(ert-deftest image-with-unsaved-changes-is-not-retired ()
  (test--refused
   (should-error (image-scripts-retire "fedora-43") :type 'user-error)))

(ert-deftest image-with-unsaved-changes-is-not-renamed ()
  (test--refused
   (should-error (image-scripts-rename "fedora-43" "fedora-46") :type 'user-error)))

(ert-deftest directory-with-unsaved-changes-is-not-deleted-for-other-callers ()
  (test--refused
   (let ((uri (concat "file://" (test--path "image-scripts/images/fedora-43"))))
     (should-error (eglot--apply-workspace-edit
                    (list :documentChanges (vector (list :kind "delete" :uri uri))))
                   :type 'jsonrpc-error))))

(ert-deftest unsaved-changes-in-another-image-do-not-matter ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/fedora-45/build.sh")
    (insert "# mine\n")
    (test--replying t (image-scripts-retire "fedora-43"))
    (should-not (file-exists-p (test--path "image-scripts/images/fedora-43")))
    (should (buffer-modified-p))
    (should-not (string-search "# mine" (test--read "image-scripts/images/fedora-45/build.sh")))))

(ert-deftest new-image-that-is-a-link ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/arch/build.sh")
    (should (string-search "link    image-scripts/images/alpine-3.25 -> alpine"
                           (test--replying t (image-scripts-new "alpine-3.25"))))
    (should (equal (file-symlink-p (test--path "image-scripts/images/alpine-3.25"))
                   "alpine"))))

(ert-deftest declined-command-changes-nothing ()
  (test--in-copy "contribution"
    (let ((before (test--files)))
      (test--visit "image-scripts/images/fedora-45/build.sh")
      (test--replying nil
        (should-error (image-scripts-retire "fedora-43") :type 'user-error))
      (should (equal (test--files) before)))))

(ert-deftest refused-command-says-why ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/fedora-45/build.sh")
    (let ((failure (should-error (image-scripts-retire "no-such-image"))))
      (should (string-search "no-such-image" (format "%S" failure))))))

(ert-deftest retiring-an-image-kills-its-buffers ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/fedora-43/build.sh")
    (let ((buffer (current-buffer)))
      (test--visit "tests/distributions.nix")
      (test--replying t (image-scripts-retire "fedora-43"))
      (should-not (buffer-live-p buffer)))
    (should-not (file-exists-p (test--path "image-scripts/images/fedora-43")))
    (should-not (string-search "fedora_43" (test--read "tests/distributions.nix")))))

(ert-deftest retiring-a-link-keeps-its-target ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/arch/build.sh")
    (test--replying t (image-scripts-retire "alpine-3.21"))
    (should-not (file-symlink-p (test--path "image-scripts/images/alpine-3.21")))
    (should (file-exists-p (test--path "image-scripts/images/alpine/build.sh")))))

(ert-deftest renaming-an-image-renames-its-buffers ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/void-musl/build.sh")
    (let ((before (current-buffer)))
      (test--replying t (image-scripts-rename "void-musl" "void-muslx"))
      (should-not (buffer-live-p before)))
    (should-not (file-exists-p (test--path "image-scripts/images/void-musl")))
    (with-current-buffer (find-buffer-visiting
                          (test--path "image-scripts/images/void-muslx/build.sh"))
      (should (eglot-managed-p)))
    (should (string-search "muslx = {" (test--read "os/configs/image-repository.nix")))))

;;;; Other files, and the end of the mode

(defun test--should-be-left-alone (path)
  "Visit PATH, and require that the package does nothing in it."
  (test--visit path)
  (should-not image-scripts-mode)
  (should-not (eglot-managed-p))
  (should-not (local-variable-p 'eglot-server-programs))
  (should-not (eq major-mode 'image-scripts-nix-mode)))

(ert-deftest does-not-start-outside-a-checkout ()
  (test--in-copy "contribution"
    ;; It has the names of a checkout, but neither includes nor a repository.
    (make-directory (test--path "../elsewhere/image-scripts/images/x") t)
    (dolist (path '("../elsewhere/image-scripts/images/x/build.sh" "../elsewhere/x.nix"))
      (write-region "# nothing\n" nil (test--path path))
      (test--should-be-left-alone path))))

(ert-deftest other-nix-files-have-the-default-mode ()
  (let ((default (default-value 'major-mode)))
    (unwind-protect
        (test--in-copy "contribution"
          (setq-default major-mode 'text-mode)
          (write-region "{ }\n" nil (test--path "../x.nix"))
          (test--should-be-left-alone "../x.nix")
          (should (eq major-mode 'text-mode))
          (test--visit "tests/distributions.nix")
          (should (eq major-mode 'image-scripts-nix-mode)))
      (setq-default major-mode default))))

(ert-deftest leaves-other-files-of-a-checkout-alone ()
  (test--in-copy "contribution"
    (make-directory (test--path "libexec"))
    (write-region "echo\n" nil (test--path "libexec/deploy.sh"))
    (test--should-be-left-alone "libexec/deploy.sh")
    (should (eq major-mode 'sh-mode))))

(ert-deftest ends-with-its-mode ()
  (test--in-copy "contribution"
    (test--visit "image-scripts/images/arch/build.sh")
    (should (local-variable-p 'eglot-server-programs))
    (image-scripts-global-mode -1)
    (should-not (local-variable-p 'eglot-server-programs))
    (test--visit "tests/distributions.nix")
    (should (eq major-mode 'fundamental-mode))))

(ert-deftest recognizes-the-layout-before-2023 ()
  (test--in-copy "pre-2023"
    (let ((script (car (directory-files-recursively (test--path "images") "build\\.sh\\'"))))
      (should (equal (image-scripts-root script) test--root))
      (test--visit script)
      (should (eglot-managed-p)))))

(ert-deftest image-scripts-of-a-whole-checkout-are-no-root ()
  (test--in-copy "clean-2026"
    (should (equal (image-scripts-root (test--path "image-scripts/images/arch/"))
                   test--root))))

;; The cases are those of the Neovim plugin's tests.
(ert-deftest a-checkout-is-what-the-server-takes-for-one ()
  (let ((directory (file-truename (make-temp-file "image-scripts" t)))
        (number 0))
    (unwind-protect
        ;; Paths to create, and the root expected for the last one, or nil.
        (pcase-dolist
            (`(,expected . ,paths)
             '((nil "images/" "os/configs/image-repository.nix")
               (nil "image-scripts/images/")
               ("" "image-scripts/images/" "image-scripts/include/")
               ("" "os/configs/image-repository.nix" "image-scripts/images/")
               (nil "images/" "builders/")
               (nil "images/" "builders/" "include/")
               ("" "include/common.sh" "builders/" "images/")
               ("x/" "x/image-scripts/images/" "x/image-scripts/include/common.sh")
               ("" "image-scripts/images/" "image-scripts/include/"
                "x/image-scripts/include/" "x/image-scripts/images/")
               ;; The scripts of a whole checkout look like a checkout themselves.
               ("" "image-scripts/include/common.sh" "image-scripts/builders/"
                "image-scripts/images/")))
          (let ((case (expand-file-name (format "%d/" (cl-incf number)) directory)))
            (dolist (path paths)
              (let ((full (expand-file-name path case)))
                (make-directory (file-name-directory full) t)
                (unless (directory-name-p full)
                  (write-region "" nil full))))
            (should (equal (image-scripts-root (expand-file-name (car (last paths)) case))
                           (and expected
                                (file-name-as-directory
                                 (expand-file-name expected case)))))))
      (delete-directory directory t))))

(ert-deftest missing-server-is-reported-once ()
  (test--in-copy "contribution"
    (let ((image-scripts-command '("no-such-program"))
          (image-scripts--missing-reported nil)
          (messages nil))
      (cl-letf (((symbol-function 'message)
                 (lambda (format &rest arguments)
                   (push (apply #'format format arguments) messages))))
        (test--visit "image-scripts/images/arch/build.sh")
        (test--visit "image-scripts/images/guix/build.sh"))
      (should-not (eglot-managed-p))
      (should (= 1 (seq-count (lambda (line) (string-search "no-such-program" line))
                              messages))))))

(provide 'image-scripts-test)
;;; image-scripts-test.el ends here
