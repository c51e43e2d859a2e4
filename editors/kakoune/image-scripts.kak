# Adds image-scripts-ls to the language servers that kakoune-lsp (22) starts for the files of
# vpsAdminOS checkouts. Elsewhere nothing changes.
#
# Source it in kakrc after kakoune-lsp:
#
#     evaluate-commands %sh{kak-lsp}
#     source /path/to/image-scripts.kak
#     lsp-enable

declare-option -docstring 'the program image-scripts-ls' str image_scripts_command image-scripts-ls

hook -group image-scripts global BufSetOption filetype=(?:sh|nix|toml) image-scripts-add-server

define-command -hidden image-scripts-add-server %{
    evaluate-commands %sh{
        # Kakoune passes the options named here: kak_opt_filetype kak_opt_image_scripts_command
        case $kak_opt_lsp_servers in *'[image-scripts]'*) exit ;; esac
        # The rule for checkouts is that of the server (server/crates/checkout/src/root.rs).
        is_whole() {
            [ -d "$1/image-scripts/images" ] \
                && { [ -f "$1/os/configs/image-repository.nix" ] || [ -d "$1/image-scripts/include" ]; }
        }
        # Before 2023 the scripts were a repository of their own. All three are required, because
        # other projects have directories called `images` too.
        is_scripts_only() {
            [ -d "$1/images" ] && [ -d "$1/builders" ] && [ -f "$1/include/common.sh" ]
        }
        root=${kak_buffile%/*}
        until is_whole "$root" || is_scripts_only "$root" ; do
            case $root in */*) root=${root%/*} ;; *) exit ;; esac
        done
        # `image-scripts` of a whole checkout looks like a checkout of the scripts only.
        if is_whole "${root%/*}" ; then root=${root%/*} ; fi
        # Settings cannot hold such a name.
        case $root in *[[:cntrl:]]*) exit ;; esac
        toml() { printf %s "$1" | sed 's/[\\"]/\\&/g' ; }
        kakoune() { sed "s/'/''/g" ; }
        command -v "$kak_opt_image_scripts_command" > /dev/null || {
            printf "echo -debug -- 'image-scripts: %s is not in PATH: install it, or set image_scripts_command'\n" \
                "$(printf %s "$kak_opt_image_scripts_command" | kakoune)"
            exit
        }
        # The servers that kakoune-lsp starts by default are kept.
        echo 'lsp-if-no-servers trigger-user-hook "LSPDefaultConfig=%opt{filetype}"'
        echo 'image-scripts-drop-missing-servers'
        printf "set-option -add buffer lsp_servers '%s'\n" "$(
            printf '\n[image-scripts]\ncommand = "%s"\nroot = "%s"\n' \
                "$(toml "$kak_opt_image_scripts_command")" "$(toml "$root")" | kakoune
        )"
    }
}

# Clears the default servers if one is not installed: kakoune-lsp would start none of the others.
define-command -hidden image-scripts-drop-missing-servers %{
    evaluate-commands %sh{
        # A server with a command was set up by the user.
        case $kak_opt_lsp_servers in *'command ='*) exit ;; esac
        printf '%s\n' "$kak_opt_lsp_servers" | sed -n 's/^ *\[\([^].]*\)\] *$/\1/p' \
            | while IFS= read -r server ; do
                command -v "$server" > /dev/null || {
                    echo 'set-option buffer lsp_servers ""'
                    break
                }
            done
    }
}
